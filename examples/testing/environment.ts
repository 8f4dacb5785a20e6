import * as postject from "pulumi-postject";

/** The servers of one preview environment. */
export function environment(pullRequest: number) {
  const app = new postject.Server("app", { name: `pr-${pullRequest}-app`, deletionProtection: false });
  const newsletter = new postject.Server("newsletter", {
    name: `pr-${pullRequest}-newsletter`,
    deletionProtection: false,
  });
  return { appToken: app.token, newsletterToken: newsletter.token };
}
