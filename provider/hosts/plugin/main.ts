import { listen } from "../listen";

listen((listener) => {
  const { serve } = require("./serve") as typeof import("./serve");
  serve(listener);
});
