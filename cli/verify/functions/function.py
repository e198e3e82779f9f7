"""The function that `lambda-otlp verify` deploys on Python: what it does is in its payload."""
import time


def handler(event, context):
    action = event["action"]
    print(f"about to {action}")
    if action == "throw":
        raise TypeError("thrown on purpose")
    if action == "time out":
        time.sleep(60)
    if action == "run out of memory":
        held = []
        while True:
            held.append(b"\x01" * (8 * 1024 * 1024))
    return {"answered": True}
