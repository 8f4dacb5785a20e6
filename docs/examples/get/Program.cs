using System.Collections.Generic;
using Pulumi;
using Postject = Pulumi.Postject;

return await Deployment.RunAsync(() =>
{
    var legacy = Postject.Server.Get("legacy", "clx8f2k9a0001uy7z3g4h5j6k");

    return new Dictionary<string, object?>
    {
        ["token"] = legacy.Token,
    };
});
