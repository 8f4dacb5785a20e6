import * as pulumi from "@pulumi/pulumi";
import { environment } from "./environment";

const { appToken, newsletterToken } = environment(new pulumi.Config().requireNumber("pullRequest"));

export { appToken, newsletterToken };
