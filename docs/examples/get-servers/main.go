package main

import (
	"github.com/pulumi-postject/pulumi-postject/sdk/go/postject"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		staging := postject.GetServersOutput(ctx, postject.GetServersOutputArgs{
			NameContains: pulumi.String("staging"),
		})
		ctx.Export("servers", staging.Servers())
		return nil
	})
}
