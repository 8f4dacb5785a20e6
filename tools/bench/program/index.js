// Plain JavaScript, so that no compiler is measured.
const { Server } = require(`./${process.env.BENCH_FORM}`);

for (let index = 0; index < Number(process.env.BENCH_SERVERS); index++) {
  new Server(`server-${index}`, { name: `Server ${index}` });
}
