import com.pulumi.Pulumi;
import com.pulumi.postject.Server;
import com.pulumi.postject.ServerArgs;

public class App {
    public static void main(String[] args) {
        Pulumi.run(ctx -> {
            var app = new Server("app", ServerArgs.builder().name("Production App").build());

            ctx.export("serverId", app.id());
            ctx.export("token", app.token()); // a secret
        });
    }
}
