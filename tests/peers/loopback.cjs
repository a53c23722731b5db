// Loaded before a Node program that asks for every network interface: whatever it listens on becomes loopback.
const net = require("node:net");
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  const done = typeof args.at(-1) === "function" ? [args.at(-1)] : [];
  const first = args[0];
  if (first && typeof first === "object") return listen.call(this, { ...first, host: "127.0.0.1" }, ...done);
  return listen.call(this, { port: Number(first ?? 0), host: "127.0.0.1" }, ...done);
};
