exports.Server = require("pulumi-postject").Server;
