#!/usr/bin/python3
"""A real SMTP server on a free port of the loopback: prints {"port": N}, then each message that it accepts as a line of JSON.

It answers by recipient: later@ 451, never@ 550 in two lines, quote@ 554 with a code, long@ 550 with 400 characters; accepts others.
usage: smtp_server.py [--tls CERTIFICATE KEY] [--implicit] [--auth USER PASSWORD] [--silent-at-quit]
"""
import argparse
import asyncio
import email
import email.policy
import json
import logging
import ssl
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

ANSWERS = {
    "later": "451 4.2.1 the mailbox is busy, try later",
    "never": "550-5.1.1 no such mailbox\r\n550 5.1.1 ask the postmaster",
    "quote": "554 5.7.1 blocked: https://help.example.com/s/493817",
    "long": "550 " + "x" * 400,
}


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = ANSWERS.get(address.split("@")[0])
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = message.get_body(("plain",))
        print(json.dumps({
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "login": session.auth_data.login.decode() if session.auth_data else "",
            "headers": {name.lower(): str(value) for name, value in message.items()},
            "names": [name for name, _ in message.items()],
            "defects": [str(d) for part in message.walk() for d in part.defects],
            "type": body["content-type"],
            "text": body.get_content().replace("\r\n", "\n"),
            "longest_line": max(len(line) for line in envelope.content.split(b"\r\n")),
        }), flush=True)
        return "250 kept"


class SilentAtQuit(SMTP):
    async def smtp_QUIT(self, arg):
        await asyncio.Event().wait()


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", nargs=2)
    parser.add_argument("--implicit", action="store_true")
    parser.add_argument("--auth", nargs=2)
    parser.add_argument("--silent-at-quit", action="store_true")
    flags = parser.parse_args()
    # Clients that break off, and a login without TLS, are what the tests want; standard error would mix into the lines.
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")

    context = None
    if flags.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*flags.tls)

    def authenticate(server, session, envelope, mechanism, data):
        good = [data.login.decode(), data.password.decode()] == flags.auth
        return AuthResult(success=good, handled=False, auth_data=data)

    def make():
        options = dict(enable_SMTPUTF8=True, hostname="test")
        if context and not flags.implicit:
            options.update(tls_context=context, require_starttls=True)
        if flags.auth:
            options.update(authenticator=authenticate, auth_required=True, auth_require_tls=False)
        return (SilentAtQuit if flags.silent_at_quit else SMTP)(Handler(), **options)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", 0, ssl=context if flags.implicit else None)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await server.serve_forever()


asyncio.run(main())
