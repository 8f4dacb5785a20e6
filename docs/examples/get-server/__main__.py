import pulumi
import pulumi_postject as postject

legacy = postject.get_server_output(name="Legacy App")

pulumi.export("token", legacy.token)
