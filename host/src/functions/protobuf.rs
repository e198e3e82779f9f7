//! Attributes, values, spans, log records and data points as protobuf: what src/delivery/codec does for Node.js, byte
//! for byte, in one call each, so that an engine without a compiler does not step through their bytes.
//! Source: <https://protobuf.dev/programming-guides/encoding/>, opentelemetry-proto common/v1/common.proto,
//! trace/v1/trace.proto, logs/v1/logs.proto and metrics/v1/metrics.proto

use super::bytes::hex_bytes;
use crate::raw::{with_bytes, with_bytes_mut, with_utf8};
use rquickjs::function::Func;
use rquickjs::{
    Array, Atom, Ctx, Error, Exception, Filter, Object, Result, String as JsString, TypedArray, Value,
};
use std::cell::RefCell;
use std::rc::Rc;

/// Deeper values are refused before they use up the stack.
const MAX_DEPTH: usize = 200;
const MAX_VARINT_BYTES: usize = 10;
/// Memory kept from one call to the next.
const KEPT_BYTES: usize = 64 * 1024;
const INT64_BOUND: f64 = 9_223_372_036_854_775_808.0;

/// Written to a buffer of its own first, because JavaScript could change the target in the meantime.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
}

type Shared = Rc<RefCell<Writer>>;

pub fn create<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let writer = Shared::default();
    let group = Object::new(ctx.clone())?;
    let shared = writer.clone();
    let key_values = move |target: TypedArray<'js, u8>, at: usize, tag: u8, attributes: Object<'js>| {
        write(&shared, &target, at, |writer| writer.key_values(tag, &attributes, 0))
    };
    group.set("writeKeyValues", Func::from(key_values))?;
    let shared = writer.clone();
    let value = move |target: TypedArray<'js, u8>, at: usize, tag: u8, value: Value<'js>| {
        write(&shared, &target, at, |writer| writer.value(tag, &value, 0))
    };
    group.set("writeValue", Func::from(value))?;
    let shared = writer.clone();
    let span = move |target: TypedArray<'js, u8>, at: usize, span: Object<'js>, context: Array<'js>| {
        write(&shared, &target, at, |writer| writer.span(&span, &context))
    };
    group.set("writeSpan", Func::from(span))?;
    let shared = writer.clone();
    let log_record = move |target: TypedArray<'js, u8>, at: usize, record: Object<'js>| {
        write(&shared, &target, at, |writer| writer.log_record(&record))
    };
    group.set("writeLogRecord", Func::from(log_record))?;
    let data_points = move |target: TypedArray<'js, u8>, at: usize, points: Array<'js>, is_integer: bool| {
        write(&writer, &target, at, |writer| writer.data_points(&points, is_integer))
    };
    group.set("writeDataPoints", Func::from(data_points))?;
    Ok(group)
}

/// The number of bytes written; minus the number that there must be room for when there is not.
fn write(
    shared: &Shared,
    target: &TypedArray<'_, u8>,
    at: usize,
    fill: impl FnOnce(&mut Writer) -> Result<()>,
) -> Result<i64> {
    // A getter among the attributes could call this again, which is an error.
    let mut writer = shared.try_borrow_mut().map_err(|_| Error::Unknown)?;
    writer.bytes.clear();
    fill(&mut writer)?;
    let bytes = &writer.bytes;
    let written = with_bytes_mut(target, |target| match target.get_mut(at..).and_then(|room| room.get_mut(..bytes.len())) {
        Some(room) => {
            room.copy_from_slice(bytes);
            bytes.len() as i64
        }
        None => -(bytes.len() as i64),
    });
    writer.bytes.shrink_to(KEPT_BYTES);
    Ok(written)
}

/// Negative values in two's complement.
fn to_uint64(value: f64) -> u64 {
    if value < 0.0 { value as i64 as u64 } else { value as u64 }
}

/// The lowest 64 bits, without the fraction; a negative one in two's complement. What is larger than an i128 ends with
/// zeros.
fn to_fixed64(value: f64) -> u64 {
    if value.abs() < i128::MAX as f64 { value as i128 as u64 } else { 0 }
}

/// As `isAlwaysDouble` of src/otel/semconv.ts.
fn is_always_double(attribute: &str) -> bool {
    attribute.starts_with("lambda.") && attribute.ends_with("_ms")
}

impl Writer {
    fn varint(&mut self, mut value: u64) {
        while value > 0x7f {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// Leaves room for the length of a nested message that most likely takes `length_bytes`.
    fn begin(&mut self, length_bytes: usize) -> usize {
        self.bytes.resize(self.bytes.len() + length_bytes.min(MAX_VARINT_BYTES), 0);
        self.bytes.len()
    }

    /// Writes the length of the message that began at `start`; a wrong guess costs a move of the message.
    fn end(&mut self, start: usize, length_bytes: usize) {
        let (Some(mut rest), Some(room)) = (self.bytes.len().checked_sub(start), start.checked_sub(length_bytes)) else {
            return;
        };
        let mut size = [0; MAX_VARINT_BYTES];
        let mut count = 0;
        while rest > 0x7f {
            size[count] = rest as u8 | 0x80;
            rest >>= 7;
            count += 1;
        }
        size[count] = rest as u8;
        self.bytes.splice(room..start, size[..=count].iter().copied());
    }

    fn begin_field(&mut self, tag: u8, length_bytes: usize) -> usize {
        self.bytes.push(tag);
        self.begin(length_bytes)
    }

    /// Length and UTF-8.
    fn text(&mut self, text: JsString<'_>) -> Result<()> {
        with_utf8(text, |text| {
            self.varint(text.len() as u64);
            self.bytes.extend_from_slice(text.as_bytes());
        })
    }

    /// A field that is left out when it has no text.
    fn filled_text(&mut self, tag: u8, text: Option<JsString<'_>>) -> Result<()> {
        let Some(text) = text else { return Ok(()) };
        with_utf8(text, |text| {
            if !text.is_empty() {
                self.bytes.push(tag);
                self.varint(text.len() as u64);
                self.bytes.extend_from_slice(text.as_bytes());
            }
        })
    }

    /// Writes hexadecimal digits as bytes, up to the first invalid pair.
    fn id(&mut self, tag: u8, digits: Option<JsString<'_>>) -> Result<()> {
        let Some(digits) = digits else { return Ok(()) };
        with_utf8(digits, |digits| {
            if !digits.is_empty() {
                let start = self.begin_field(tag, 1);
                self.bytes.extend(hex_bytes(digits));
                self.end(start, 1);
            }
        })
    }

    /// Nanoseconds since the epoch, of seconds and nanoseconds.
    fn time(&mut self, tag: u8, time: &Array<'_>) -> Result<()> {
        let (seconds, nanoseconds): (f64, f64) = (time.get(0)?, time.get(1)?);
        let whole = (seconds as u64).wrapping_mul(1_000_000_000).wrapping_add(nanoseconds as u64);
        self.fixed64(tag, whole);
        Ok(())
    }

    /// `context`: trace id, span id, trace state, the parent's span id and flags.
    fn span(&mut self, span: &Object<'_>, context: &Array<'_>) -> Result<()> {
        self.id(0x0a, context.get(0)?)?;
        self.id(0x12, context.get(1)?)?;
        self.filled_text(0x1a, context.get(2)?)?;
        self.id(0x22, context.get(3)?)?;
        self.bytes.push(0x2a);
        self.text(span.get("name")?)?;
        // OTLP's span kinds are one higher than the API's, since 0 means unspecified.
        self.count(0x30, span.get::<_, f64>("kind")? + 1.0);
        self.time(0x39, &span.get("startTime")?)?;
        self.time(0x41, &span.get("endTime")?)?;
        self.key_values(0x4a, &span.get("attributes")?, 0)?;
        self.count(0x50, span.get("droppedAttributesCount")?);
        for event in span.get::<_, Array>("events")?.iter::<Object>() {
            let event = event?;
            let start = self.begin_field(0x5a, 2);
            self.time(0x09, &event.get("time")?)?;
            self.bytes.push(0x12);
            self.text(event.get("name")?)?;
            if let Some(attributes) = event.get::<_, Option<Object>>("attributes")? {
                self.key_values(0x1a, &attributes, 0)?;
            }
            self.count(0x20, event.get::<_, Option<f64>>("droppedAttributesCount")?.unwrap_or_default());
            self.end(start, 2);
        }
        self.count(0x60, span.get("droppedEventsCount")?);
        self.count(0x70, span.get("droppedLinksCount")?);
        let status: Object = span.get("status")?;
        let start = self.begin_field(0x7a, 1);
        self.filled_text(0x12, status.get("message")?)?;
        self.count(0x18, status.get("code")?);
        self.end(start, 1);
        // From field number 16 on, a tag has two bytes.
        self.bytes.extend_from_slice(&[0x85, 0x01]);
        self.bytes.extend_from_slice(&context.get::<u32>(4)?.to_le_bytes());
        Ok(())
    }

    fn log_record(&mut self, record: &Object<'_>) -> Result<()> {
        self.time(0x09, &record.get("hrTime")?)?;
        if let Some(severity) = record.get::<_, Option<f64>>("severityNumber")?.filter(|severity| *severity != 0.0) {
            self.count(0x10, severity);
        }
        self.filled_text(0x1a, record.get("severityText")?)?;
        let body: Value = record.get("body")?;
        if !body.is_undefined() {
            self.value(0x2a, &body, 0)?;
        }
        self.key_values(0x32, &record.get("attributes")?, 0)?;
        self.count(0x38, record.get("droppedAttributesCount")?);
        if let Some(context) = record.get::<_, Option<Object>>("spanContext")? {
            let flags = context.get::<_, Option<f64>>("traceFlags")?.unwrap_or_default();
            if flags != 0.0 {
                self.bytes.push(0x45);
                self.bytes.extend_from_slice(&(flags as u32).to_le_bytes());
            }
            self.id(0x4a, context.get("traceId")?)?;
            self.id(0x52, context.get("spanId")?)?;
        }
        self.time(0x59, &record.get("hrTimeObserved")?)?;
        self.filled_text(0x62, record.get("eventName")?)
    }

    /// NumberDataPoint or HistogramDataPoint, by what the value is.
    fn data_points(&mut self, points: &Array<'_>, is_integer: bool) -> Result<()> {
        for point in points.iter::<Object>() {
            let point = point?;
            let value: Value = point.get("value")?;
            let start = self.begin_field(0x0a, 2);
            self.time(0x11, &point.get("startTime")?)?;
            self.time(0x19, &point.get("endTime")?)?;
            match value.as_object() {
                Some(histogram) => self.histogram(&point, histogram)?,
                None => {
                    match value.as_number() {
                        Some(number) if is_integer => self.fixed64(0x31, to_fixed64(number)),
                        number => self.double_field(0x21, number),
                    }
                    self.key_values(0x3a, &point.get("attributes")?, 0)?;
                }
            }
            self.end(start, 2);
        }
        Ok(())
    }

    fn histogram(&mut self, point: &Object<'_>, histogram: &Object<'_>) -> Result<()> {
        self.fixed64(0x21, to_fixed64(histogram.get("count")?));
        self.double_field(0x29, histogram.get("sum")?);
        let buckets: Object = histogram.get("buckets")?;
        self.packed(0x32, &buckets.get("counts")?, |count| to_fixed64(count).to_le_bytes())?;
        self.packed(0x3a, &buckets.get("boundaries")?, f64::to_le_bytes)?;
        if let Some(exemplar) = point.get::<_, Option<Object>>("exemplar")? {
            let start = self.begin_field(0x42, 1);
            self.time(0x11, &exemplar.get("time")?)?;
            self.double_field(0x19, exemplar.get("value")?);
            self.id(0x22, exemplar.get("spanId")?)?;
            self.id(0x2a, exemplar.get("traceId")?)?;
            self.end(start, 1);
        }
        self.key_values(0x4a, &point.get("attributes")?, 0)?;
        self.double_field(0x59, histogram.get("min")?);
        self.double_field(0x61, histogram.get("max")?);
        Ok(())
    }

    /// Numbers of eight bytes; no field at all when there are none.
    fn packed(&mut self, tag: u8, numbers: &Array<'_>, encode: fn(f64) -> [u8; 8]) -> Result<()> {
        if numbers.is_empty() {
            return Ok(());
        }
        self.bytes.push(tag);
        self.varint(numbers.len() as u64 * 8);
        for number in numbers.iter::<f64>() {
            self.bytes.extend_from_slice(&encode(number?));
        }
        Ok(())
    }

    fn count(&mut self, tag: u8, value: f64) {
        self.bytes.push(tag);
        self.varint(to_uint64(value));
    }

    fn fixed64(&mut self, tag: u8, value: u64) {
        self.bytes.push(tag);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn double_field(&mut self, tag: u8, value: Option<f64>) {
        if let Some(value) = value {
            self.fixed64(tag, value.to_bits());
        }
    }

    /// Own enumerable members, in their order.
    fn key_values(&mut self, tag: u8, attributes: &Object<'_>, depth: usize) -> Result<()> {
        for member in attributes.own_props::<Atom, Value>(Filter::new().string().enum_only()) {
            let (name, value) = member?;
            let start = self.begin_field(tag, 1);
            self.bytes.push(0x0a);
            let is_double = value.is_number() && is_always_double(&name.to_string()?);
            self.text(name.to_js_string()?)?;
            match value.as_number().filter(|_| is_double) {
                Some(number) => self.double_value(0x12, number),
                None => self.value(0x12, &value, depth)?,
            }
            self.end(start, 1);
        }
        Ok(())
    }

    /// AnyValue. What is none of its kinds is an empty one.
    fn value(&mut self, tag: u8, value: &Value<'_>, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(Exception::throw_range(value.ctx(), "expected a value of at most 200 levels"));
        }
        let start = self.begin_field(tag, 1);
        if let Some(text) = value.as_string() {
            self.bytes.push(0x0a);
            self.text(text.clone())?;
        } else if let Some(truth) = value.as_bool() {
            self.bytes.extend_from_slice(&[0x10, u8::from(truth)]);
        } else if let Some(number) = value.as_number() {
            self.number(number);
        } else if let Some(array) = value.as_array() {
            self.array(array, depth)?;
        } else if let Some(object) = value.as_object().filter(|object| !object.is_function()) {
            match object.as_typed_array::<u8>() {
                Some(bytes) => with_bytes(bytes, |bytes| {
                    self.bytes.push(0x3a);
                    self.varint(bytes.len() as u64);
                    self.bytes.extend_from_slice(bytes);
                }),
                None => {
                    let members = self.begin_field(0x32, 1);
                    self.key_values(0x0a, object, depth + 1)?;
                    self.end(members, 1);
                }
            }
        }
        self.end(start, 1);
        Ok(())
    }

    fn array(&mut self, array: &Array<'_>, depth: usize) -> Result<()> {
        let start = self.begin_field(0x2a, 1);
        for member in array.iter::<Value>() {
            self.value(0x0a, &member?, depth + 1)?;
        }
        self.end(start, 1);
        Ok(())
    }

    fn double_value(&mut self, tag: u8, value: f64) {
        let start = self.begin_field(tag, 1);
        self.fixed64(0x21, value.to_bits());
        self.end(start, 1);
    }

    fn number(&mut self, value: f64) {
        if value.fract() == 0.0 && (-INT64_BOUND..INT64_BOUND).contains(&value) {
            self.bytes.push(0x18);
            self.varint(to_uint64(value));
            return;
        }
        self.fixed64(0x21, value.to_bits());
    }
}
