import com.pulumi.Pulumi;
import com.pulumi.postject.PostjectFunctions;
import com.pulumi.postject.inputs.GetServerArgs;

public class App {
    public static void main(String[] args) {
        Pulumi.run(ctx -> {
            var legacy = PostjectFunctions.getServer(GetServerArgs.builder().name("Legacy App").build());

            ctx.export("token", legacy.applyValue(server -> server.token()));
        });
    }
}
