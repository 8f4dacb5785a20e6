using System.Collections.Generic;
using Pulumi;
using Postject = Pulumi.Postject;

return await Deployment.RunAsync(() =>
{
    var legacy = Postject.GetServer.Invoke(new() { Name = "Legacy App" });

    return new Dictionary<string, object?>
    {
        ["token"] = legacy.Apply(server => server.Token),
    };
});
