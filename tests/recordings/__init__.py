"""Golden journals: scripted calls and what became of them, which every change is held against.

    calls.py      the scripts: what the caller does, what the services do
    scripted.py   what such a call is, and what it leaves
    dialling.py       the telephone and the services of such a call, in virtual time
    record.py     `python -m tests.recordings.record` records all of them anew
    fixed/, adaptive/   by rule, of each call NAME:
        NAME.journal.jsonl   what the core was told and what it decided
        NAME.sent.jsonl      what went out at the socket: media, mark, clear, in order, with the
                             moment and a hash of the audio
        NAME.turns.jsonl     the record of each turn: what was said, how it ended, its moments

Where a change means to decide or to send something else, record anew and read the diff: it is the
change, as callers will notice it. A call is run again under the profile in its recording, so that
other shipped values change nothing here.
"""
