package main

import (
	"github.com/pulumi-postject/pulumi-postject/sdk/go/postject"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		legacy, err := postject.GetServer(ctx, "legacy", pulumi.ID("clx8f2k9a0001uy7z3g4h5j6k"), nil)
		if err != nil {
			return err
		}
		ctx.Export("token", legacy.Token)
		return nil
	})
}
