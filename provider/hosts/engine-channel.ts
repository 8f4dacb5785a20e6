import type { ChannelOptions } from "@grpc/grpc-js";

/** Larger than any state: the engine's own bound. */
const MESSAGE_LIMIT_BYTES = 400 * 1024 * 1024;

/**
 * How the hosts speak gRPC with the engine, in both directions. The engine runs on this machine: the
 * environment's proxy, which gRPC would use for 127.0.0.1 too, must not get in between.
 */
export const ENGINE_CHANNEL: ChannelOptions = {
  "grpc.enable_http_proxy": 0,
  "grpc.max_receive_message_length": MESSAGE_LIMIT_BYTES,
  "grpc.max_send_message_length": MESSAGE_LIMIT_BYTES,
};
