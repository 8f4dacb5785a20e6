import pulumi
import pulumi_postject as postject

legacy = postject.Server.get("legacy", id="clx8f2k9a0001uy7z3g4h5j6k")

pulumi.export("token", legacy.token)
