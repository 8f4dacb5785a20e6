package main

import (
	"github.com/pulumi-postject/pulumi-postject/sdk/go/postject"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		legacy := postject.LookupServerOutput(ctx, postject.LookupServerOutputArgs{
			Name: pulumi.String("Legacy App"),
		})
		ctx.Export("token", legacy.Token())
		return nil
	})
}
