import pulumi
import pulumi_postject as postject

app = postject.Server("app", name="Production App")

pulumi.export("serverId", app.id)
pulumi.export("token", app.token)  # a secret
