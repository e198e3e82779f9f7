// The function of the bench: writes as many lines as its event asks for, about 200 bytes of telemetry
// each, and answers, after as many milliseconds as it says.
const detail = 'card declined by issuer, asking for another one of the customer';

export const handler = async ({ lines, takesMs }) => {
  for (let line = 0; line < lines; line += 1) {
    console.log(`order ${line} amount=${line % 997} ${detail}`);
  }
  if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
  return { lines };
};
