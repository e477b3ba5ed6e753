/**
 * Publishes events over a websocket to the relay that the page comes from (NIP-01).
 */

/** What a relay answered. */
export type Ok = { readonly accepted: boolean; readonly message: string };

/** An event that is signed. */
export type Signed = { readonly id: string };

const PATIENCE_MS = 15_000;

/** Sends events one by one; opens a connection when there is none. */
export function createPublisher(): (event: Signed) => Promise<Ok> {
  let open: Promise<WebSocket> | undefined;
  return async (event) => {
    open ??= connect(() => {
      open = undefined;
    });
    return answerTo(await open, event);
  };
}

function connect(ended: () => void): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/`);
    socket.addEventListener('open', () => resolve(socket));
    socket.addEventListener('close', () => {
      ended();
      reject(new Error('the relay cannot be reached'));
    });
  });
}

function answerTo(socket: WebSocket, event: Signed): Promise<Ok> {
  return new Promise((resolve) => {
    const end = (ok: Ok): void => {
      clearTimeout(timer);
      socket.removeEventListener('message', hear);
      socket.removeEventListener('close', fail);
      resolve(ok);
    };
    const fail = (): void => end({ accepted: false, message: 'no answer' });
    const hear = ({ data }: MessageEvent<string>): void => {
      const [verb, id, accepted, message] = JSON.parse(data) as [string, string, boolean, string];
      if (verb === 'OK' && id === event.id) end({ accepted, message });
    };
    const timer = setTimeout(fail, PATIENCE_MS);
    socket.addEventListener('message', hear);
    socket.addEventListener('close', fail);
    socket.send(JSON.stringify(['EVENT', event]));
  });
}
