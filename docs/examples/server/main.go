package main

import (
	"github.com/pulumi-postject/pulumi-postject/sdk/go/postject"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		app, err := postject.NewServer(ctx, "app", &postject.ServerArgs{
			Name: pulumi.String("Production App"),
		})
		if err != nil {
			return err
		}
		ctx.Export("serverId", app.ID())
		ctx.Export("token", app.Token) // a secret
		return nil
	})
}
