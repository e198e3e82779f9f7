"""A sample function: one structured line with a level, one plain line, and an error on request."""

import logging

logger = logging.getLogger(__name__)


def handler(order, context):
    order_id = order.get("id", "none")
    logger.warning("order received", extra={"orderId": order_id})
    if order.get("fail"):
        raise ValueError(f"order {order_id} was refused")
    print(f"order {order_id} accepted")
    return {"accepted": order_id}
