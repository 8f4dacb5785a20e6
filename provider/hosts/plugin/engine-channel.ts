import type { ChannelOptions } from "@grpc/grpc-js";

/** Larger than any state: the engine's own bound. */
const MESSAGE_LIMIT_BYTES = 400 * 1024 * 1024;

/**
 * How the plugin speaks gRPC with the engine, in both directions. The engine runs on this machine, so the proxy of the
 * environment, which gRPC would use for 127.0.0.1 too, is none of its way.
 */
export const ENGINE_CHANNEL: ChannelOptions = {
  "grpc.enable_http_proxy": 0,
  "grpc.max_receive_message_length": MESSAGE_LIMIT_BYTES,
  "grpc.max_send_message_length": MESSAGE_LIMIT_BYTES,
};
