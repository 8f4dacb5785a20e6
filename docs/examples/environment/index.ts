import * as postject from "pulumi-postject";

const staging = new postject.Environment("staging", {
  servers: {
    app: {},
    newsletter: { name: "Newsletter", deletionProtection: false },
  },
});

export const variables = staging.variables;
