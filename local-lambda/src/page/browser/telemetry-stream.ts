// The stream of batches, and whether it is connected. What comes within one frame is shown at once.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageBatch } from '../page-data';
import { collect, createCollected, toTelemetry } from './requests';
import type { Telemetry } from './requests';

export interface LiveTelemetry {
  readonly telemetry: Telemetry;
  readonly connected: boolean;
}

export function useTelemetry(url: string): LiveTelemetry {
  const collected = useRef(createCollected());
  const [telemetry, setTelemetry] = useState(() => toTelemetry(collected.current));
  const [connected, setConnected] = useState(false);
  useEffect(() => {
    let due = false;
    const stream = new EventSource(url);
    stream.onopen = () => setConnected(true);
    stream.onerror = () => setConnected(false);
    stream.onmessage = ({ data }: MessageEvent<string>) => {
      collect(collected.current, JSON.parse(data) as PageBatch);
      if (due) return;
      due = true;
      requestAnimationFrame(() => {
        due = false;
        setTelemetry(toTelemetry(collected.current));
      });
    };
    return () => stream.close();
  }, [url]);
  return { telemetry, connected };
}
