// The idiom of node-postgres, and what its section says about it.
"use strict";
const { readFileSync } = require("node:fs");
const { Client, types } = require("pg");
const asDelivered = { 1114: types.getTypeParser(1114), 20: types.getTypeParser(20) };
const { archive, best, churnProbability, expected, offers, purchases } = require("./idiom.js");

const answers = new Map(readFileSync(process.env.ANSWERS, "utf8").trimEnd().split("\n").map((line) => line.split("\t")));
let passed = 0;
let failed = 0;

// Whether this is what psql says, or another answer.
function check(name, got, answer = answers.get(name)) {
  if (answer !== undefined && (typeof got === "number" ? got === Number(answer) : got === answer)) {
    passed += 1;
  } else {
    failed += 1;
    console.error(`${name}: is ${JSON.stringify(got)}, and should be ${JSON.stringify(answer)}`);
  }
}

function checkBest(name, rows) {
  check(`${name}.customers`, rows.map((row) => row.customer_id).join(" "));
  check(`${name}.segment`, rows[0].segment);
  check(`${name}.last_order`, rows[0].last_order.replace(" ", "T"));
  check(`${name}.revenue`, rows[0].revenue);
}

// The SQLSTATE of the error that a call ends with.
const failure = (call) => call.then(() => "none", (error) => error.code ?? error.constructor.name);

async function main() {
  const client = new Client();
  const other = new Client();
  await client.connect();
  await other.connect();
  const said = [];
  client.on("notice", (notice) => said.push(notice.message));

  checkBest("now", await best(client));
  checkBest("now", await best(client, undefined, undefined));
  checkBest("july", await best(client, "2017-07-01"));
  checkBest("at", await best(client, "2017-06-25 16:23:03"));
  checkBest("before", await best(client, "2017-06-25 16:23:02"));
  checkBest("bins", await best(client, null, 3));
  checkBest("bins", await best(client, null, 3n));
  check("no bins", await failure(best(client, null, -1)), "22023");
  check("half a bin", await failure(best(client, null, 2.5)), "22P02");
  check("no time", await failure(best(client, "yesterday or so")), "22007");

  // A Date is what clocks of the process show: the last order is seen if they are not behind UTC.
  const at = new Date("2017-06-25T16:23:03Z");
  checkBest("at", await best(client, at.toISOString()));
  checkBest(at.getTimezoneOffset() > 0 ? "before" : "at", await best(client, at));

  check("expected.1 year", await expected(client, "1 year"));
  check("expected.365 days", await expected(client, "365 days"));
  check("silence", said.includes("horizon is shorter than a day"), false);
  check("expected.00:06:05", await expected(client, 365));
  check("notice", said.includes("horizon is shorter than a day"), true);
  check("object", (await expected(client, { days: 365 })) < 1, true);

  check("offers.basket", (await offers(client, ["Hot Dogs", "Soft Drinks"])).join("|"));
  check("offers.empty", (await offers(client, [])).join("|"));
  const model = await purchases(client);
  check("churn", await churnProbability(client, model, 3, 100.5, 200));
  const { rows: [{ parsed }] } = await client.query("SELECT purchases::jsonb AS parsed FROM model");
  check("jsonb", typeof parsed, "object");
  check("churn", await churnProbability(client, parsed, 3, 100.5, 200));

  const one = [1, new Date(0), 1.5];
  const collect = (sql) => client.query(`SELECT (clientele.describe(clientele.order_log(${sql}))).orders`, one);
  check("collected", await failure(collect("$1, $2, $3")), "42P18");
  check("collected", (await collect("$1::integer, $2::timestamptz, $3::numeric")).rows[0].orders, 1);

  await other.query("BEGIN");
  await archive(client, other);
  check("log", (await other.query("SELECT md5(log::text) FROM archive")).rows[0].md5);
  await other.query("ROLLBACK");

  const named = { name: "best", text: "SELECT count(*) AS n FROM clientele.rfm((SELECT log FROM shop), as_of => $1)", values: [null] };
  check("customers", (await other.query(named)).rows[0].n);
  await other.query("DISCARD ALL");
  check("discarded", await failure(other.query(named)), "26000");
  checkBest("july", await best(other, "2017-07-01"));

  const { rows: [{ pid }] } = await client.query("SELECT pg_backend_pid() AS pid");
  setTimeout(() => other.query("SELECT pg_cancel_backend($1)", [pid]), 1000);
  const long = `SELECT clientele.fit_kmeans(clientele.feature_set(i, ARRAY[sin(i), cos(i * 1.7), sin(i * 0.37)]), 50, n_init => 100)
                FROM generate_series(1, 200000) i`;
  check("cancelled", await failure(client.query(long)), "57014");
  checkBest("now", await best(client));

  // Without the parsers: local time of the process, and text.
  types.setTypeParser(1114, asDelivered[1114]);
  types.setTypeParser(20, asDelivered[20]);
  const { rows: [plain] } = await client.query(
    "SELECT last_order, orders FROM clientele.rfm((SELECT log FROM shop)) ORDER BY revenue DESC LIMIT 1");
  check("bigint", typeof plain.orders, "string");
  check("moved", plain.last_order.toISOString() === "2017-12-30T20:39:06.000Z", plain.last_order.getTimezoneOffset() === 0);
  await client.end();
  await other.end();
}

main().then(() => {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}, (error) => {
  console.error(error);
  process.exitCode = 1;
});
