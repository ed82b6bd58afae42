"""A TCP relay that holds every byte back for a time, in both directions.

    delay.py LISTEN_PORT TARGET_PORT DELAY_SECONDS

It stands for a mail server that is far away: with 0.010 a round trip takes
20 ms. One process, one loop; `select` because its timeout is not rounded up to
whole milliseconds as epoll's is.
"""
import asyncio
import collections
import selectors
import sys


class Pipe(asyncio.Protocol):
    """One direction: what comes in here goes out at `other`, later."""

    def __init__(self, delay):
        self.delay, self.other, self.transport = delay, None, None
        self.waiting = collections.deque()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.later(data)

    def connection_lost(self, _):
        self.later(None)

    def later(self, data):
        loop = asyncio.get_running_loop()
        self.waiting.append((loop.time() + self.delay, data))
        if len(self.waiting) == 1:
            loop.call_later(self.delay, self.pass_on)

    def pass_on(self):
        """In order: one timer for the oldest, which sets the next."""
        loop = asyncio.get_running_loop()
        while self.waiting and self.waiting[0][0] <= loop.time():
            _, data = self.waiting.popleft()
            if self.other.transport is None:
                continue
            if data is None:
                self.other.transport.close()
            else:
                self.other.transport.write(data)
        if self.waiting:
            loop.call_at(self.waiting[0][0], self.pass_on)


async def main(listen, target, delay):
    loop = asyncio.get_running_loop()

    class Near(Pipe):
        def connection_made(self, transport):
            super().connection_made(transport)
            loop.create_task(self.connect())

        async def connect(self):
            _, far = await loop.create_connection(lambda: Far(self), "127.0.0.1", target)
            self.other = far

        def later(self, data):
            if self.other is None:  # the far side is not there yet; SMTP clients wait for it anyway
                loop.call_later(0.001, self.later, data)
            else:
                super().later(data)

    class Far(Pipe):
        def __init__(self, near):
            super().__init__(delay)
            self.other = near

    server = await loop.create_server(lambda: Near(delay), "127.0.0.1", listen, backlog=1024)
    print("listening", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    runner = asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector()))
    with runner:
        runner.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
