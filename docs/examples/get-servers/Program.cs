using System.Collections.Generic;
using Pulumi;
using Postject = Pulumi.Postject;

return await Deployment.RunAsync(() =>
{
    var staging = Postject.GetServers.Invoke(new() { NameContains = "staging" });

    return new Dictionary<string, object?>
    {
        ["servers"] = staging.Apply(result => result.Servers),
    };
});
