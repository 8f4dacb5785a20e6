// An application that knows its variables, but nothing about Pulumi.
const { POSTJECT_APP_SERVER_NAME: name, POSTJECT_APP_TOKEN: token } = process.env;
if (!token) throw new Error("POSTJECT_APP_TOKEN is not set");
console.log(`sends mail as ${name}`);
