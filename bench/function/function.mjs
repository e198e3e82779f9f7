// The function of the bench: writes as many lines as its event asks for, about 200 bytes of telemetry
// each, and answers.
const detail = 'card declined by issuer, asking for another one of the customer';

export const handler = async ({ lines }) => {
  for (let line = 0; line < lines; line += 1) {
    console.log(`order ${line} amount=${line % 997} ${detail}`);
  }
  return { lines };
};
