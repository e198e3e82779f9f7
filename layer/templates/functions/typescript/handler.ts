// A sample function: one structured line with a level, one plain line, and an error on request.
interface Order {
  readonly id?: string;
  readonly fail?: boolean;
}

export async function handler(order: Order): Promise<{ readonly accepted: string }> {
  const id = order.id ?? 'none';
  console.info({ message: 'order received', orderId: id });
  if (order.fail === true) throw new RangeError(`order ${id} was refused`);
  await Promise.resolve();
  console.log(`order ${id} accepted`);
  return { accepted: id };
}
