package main

import (
	"github.com/pulumi-postject/pulumi-postject/sdk/go/postject"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		staging, err := postject.NewEnvironment(ctx, "staging", &postject.EnvironmentArgs{
			Servers: postject.ServerTemplateMap{
				"app": postject.ServerTemplateArgs{},
				"newsletter": postject.ServerTemplateArgs{
					Name:               pulumi.String("Newsletter"),
					DeletionProtection: pulumi.Bool(false),
				},
			},
		})
		if err != nil {
			return err
		}
		ctx.Export("variables", staging.Variables)
		return nil
	})
}
