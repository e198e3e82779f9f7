"""As OpenTelemetry's Lambda layer does it: instrument what is installed, then take the handler of ORIG_HANDLER."""
from importlib import import_module
from os import environ

from opentelemetry.instrumentation.auto_instrumentation import initialize

initialize()
module, name = environ["ORIG_HANDLER"].rsplit(".", 1)
handler = getattr(import_module(module), name)
