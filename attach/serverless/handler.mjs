// A sample function: one structured line with a level, one plain line, and an error on request.
export async function handler(order) {
  const id = order.id ?? 'none';
  console.info({ message: 'order received', orderId: id });
  if (order.fail === true) throw new RangeError(`order ${id} was refused`);
  console.log(`order ${id} accepted`);
  return { accepted: id };
}
