using System.Collections.Generic;
using Pulumi;
using Postject = Pulumi.Postject;

return await Deployment.RunAsync(() =>
{
    var staging = new Postject.Environment("staging", new()
    {
        Servers =
        {
            ["app"] = new Postject.Inputs.ServerTemplateArgs(),
            ["newsletter"] = new Postject.Inputs.ServerTemplateArgs
            {
                Name = "Newsletter",
                DeletionProtection = false,
            },
        },
    });

    return new Dictionary<string, object?>
    {
        ["variables"] = staging.Variables,
    };
});
