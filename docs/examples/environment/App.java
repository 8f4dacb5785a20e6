import com.pulumi.Pulumi;
import com.pulumi.postject.Environment;
import com.pulumi.postject.EnvironmentArgs;
import com.pulumi.postject.inputs.ServerTemplateArgs;
import java.util.Map;

public class App {
    public static void main(String[] args) {
        Pulumi.run(ctx -> {
            var staging = new Environment("staging", EnvironmentArgs.builder()
                .servers(Map.of(
                    "app", ServerTemplateArgs.builder().build(),
                    "newsletter", ServerTemplateArgs.builder()
                        .name("Newsletter")
                        .deletionProtection(false)
                        .build()))
                .build());

            ctx.export("variables", staging.variables());
        });
    }
}
