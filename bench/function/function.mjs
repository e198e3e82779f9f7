// The function of the bench: writes as many lines as its event asks for, about 200 bytes of telemetry
// each, every other one as JSON if the event says `isMixed`, and answers, after as many milliseconds as it says.
const detail = 'card declined by issuer, asking for another one of the customer';

export const handler = async ({ lines, takesMs, isMixed = false }) => {
  for (let line = 0; line < lines; line += 1) {
    const amount = line % 997;
    if (isMixed && line % 2 === 1) {
      console.log(JSON.stringify({ level: 'INFO', message: `order ${line}`, amount, detail }));
    } else console.log(`order ${line} amount=${amount} ${detail}`);
  }
  if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
  return { lines };
};
