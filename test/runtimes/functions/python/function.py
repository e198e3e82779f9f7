"""Each case of the table of runtimes, in Python. It has no way to return an error."""
import os
import time


def handler(event, _context):
    case = event["case"]
    print(f"case {case}", flush=True)
    if case == "throw":
        raise ValueError("thrown on purpose")
    if case == "exit":
        os._exit(3)
    if case == "timeout":
        time.sleep(600)
    if case == "memory":
        held = []
        while True:
            held.append(bytearray(b"1") * (10 * 1024 * 1024))
    return "fine"
