module.exports = require("../../../dist/sdk");
