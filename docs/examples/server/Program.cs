using System.Collections.Generic;
using Pulumi;
using Postject = Pulumi.Postject;

return await Deployment.RunAsync(() =>
{
    var app = new Postject.Server("app", new() { Name = "Production App" });

    return new Dictionary<string, object?>
    {
        ["serverId"] = app.Id,
        ["token"] = app.Token, // a secret
    };
});
