import com.pulumi.Pulumi;
import com.pulumi.postject.PostjectFunctions;
import com.pulumi.postject.inputs.GetServersArgs;

public class App {
    public static void main(String[] args) {
        Pulumi.run(ctx -> {
            var staging = PostjectFunctions.getServers(GetServersArgs.builder().nameContains("staging").build());

            ctx.export("servers", staging.applyValue(result -> result.servers()));
        });
    }
}
