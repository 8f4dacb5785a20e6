import com.pulumi.Pulumi;
import com.pulumi.core.Output;
import com.pulumi.postject.Server;

public class App {
    public static void main(String[] args) {
        Pulumi.run(ctx -> {
            var legacy = Server.get("legacy", Output.of("clx8f2k9a0001uy7z3g4h5j6k"), null);

            ctx.export("token", legacy.token());
        });
    }
}
