//! The certificates that a TLS client trusts: those of OTEL_EXPORTER_OTLP_CERTIFICATE, else the system's, else
//! Mozilla's, which are part of this binary; and in addition those of NODE_EXTRA_CA_CERTS. Validity and names are
//! always checked.

use crate::system_error::SystemError;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::path::PathBuf;
use std::sync::Arc;

/// Amazon Linux and Fedora; Debian, Ubuntu and Alpine; SUSE; others.
const BUNDLES: [&str; 4] = [
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// PEM texts; empty: none.
pub struct Identity<'a> {
    /// Trusted instead of the system's.
    pub authorities: &'a str,
    /// Trusted in addition.
    pub more: &'a str,
    pub certificate: &'a str,
    pub key: &'a str,
}

/// The variables that name certificates.
#[derive(Default, Clone)]
pub struct TrustPaths {
    /// SSL_CERT_FILE: instead of the system's.
    pub file: Option<PathBuf>,
    /// SSL_CERT_DIR: likewise, a folder.
    pub folder: Option<PathBuf>,
}

/// What a connection needs; made once for each identity, because the system's certificates take milliseconds.
pub fn client_config(identity: &Identity, paths: &TrustPaths) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let own = parse(identity.authorities.as_bytes());
    if own.is_empty() && !identity.authorities.is_empty() {
        return Err("expected certificates in PEM, got none".into());
    }
    let mut roots = if own.is_empty() { default_roots(paths) } else { own_roots(&own)? };
    let more = parse(identity.more.as_bytes());
    roots.add_parsable_certificates(more.iter().cloned());
    let anchors = [own, more].concat();
    let verifier = AnchorVerifier::new(roots, anchors, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = if identity.certificate.is_empty() || identity.key.is_empty() {
        builder.with_no_client_auth()
    } else {
        let chain = parse(identity.certificate.as_bytes());
        let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes())
            .map_err(|error| format!("expected a private key in PEM: {error}"))?;
        builder.with_client_auth_cert(chain, key).map_err(|error| error.to_string())?
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn parse(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect()
}

fn own_roots(own: &[CertificateDer<'static>]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in own {
        roots.add(certificate.clone()).map_err(|error| error.to_string())?;
    }
    Ok(roots)
}

fn default_roots(paths: &TrustPaths) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(system_certificates(paths));
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn system_certificates(paths: &TrustPaths) -> Vec<CertificateDer<'static>> {
    if paths.file.is_some() || paths.folder.is_some() {
        let file = paths.file.as_ref().and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
        let folder = paths.folder.as_ref().and_then(|path| std::fs::read_dir(path).ok());
        let files = folder.into_iter().flatten().filter_map(|entry| std::fs::read(entry.ok()?.path()).ok());
        return std::iter::once(file).chain(files).flat_map(|pem| parse(&pem)).collect();
    }
    let bundle = BUNDLES.iter().find_map(|path| std::fs::read(path).ok());
    parse(&bundle.unwrap_or_default())
}

/// Verifies as webpki does, except for one habit of OpenSSL that private endpoints rely on: a certificate that is
/// itself among the trusted ones is accepted, even if it is an authority's, as a self-signed one usually is.
#[derive(Debug)]
struct AnchorVerifier {
    webpki: Arc<WebPkiServerVerifier>,
    anchors: Vec<CertificateDer<'static>>,
}

impl AnchorVerifier {
    fn new(roots: RootCertStore, anchors: Vec<CertificateDer<'static>>, provider: &Arc<CryptoProvider>) -> Result<Self, String> {
        let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|error| error.to_string())?;
        Ok(AnchorVerifier { webpki, anchors })
    }
}

impl ServerCertVerifier for AnchorVerifier {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.webpki.verify_server_cert(end, chain, name, ocsp, now) {
            Err(Error::InvalidCertificate(_)) if self.anchors.iter().any(|anchor| anchor == end) => {
                check_validity(end, now)?;
                rustls::client::verify_server_name(&rustls::server::ParsedCertificate::try_from(end)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

/// Needed because webpki refuses an authority's certificate before it checks the validity.
fn check_validity(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let (from, until) = validity(certificate).ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))?;
    let now = now.as_secs() as i64;
    if now < from {
        return Err(Error::InvalidCertificate(CertificateError::NotValidYet));
    }
    if now > until {
        return Err(Error::InvalidCertificate(CertificateError::Expired));
    }
    Ok(())
}

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const EXPLICIT_VERSION: u8 = 0xa0;

/// notBefore and notAfter in seconds since the epoch (RFC 5280 §4.1).
fn validity(certificate: &[u8]) -> Option<(i64, i64)> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut fields, _) = element(certificate)?;
    if fields.first() == Some(&EXPLICIT_VERSION) {
        fields = element(fields)?.2;
    }
    // serialNumber, signature, issuer
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (tag, times, _) = element(fields)?;
    let (from_tag, from, rest) = element(times)?;
    let (until_tag, until, _) = element(rest)?;
    (tag == SEQUENCE).then_some(())?;
    Some((seconds(from_tag, from)?, seconds(until_tag, until)?))
}

/// Tag, content and what follows of the first DER element.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let count = usize::from(first & 0x7f);
        (count <= 4 && count <= rest.len()).then_some(())?;
        let (digits, after) = rest.split_at(count);
        length = digits.iter().fold(0, |sum, &digit| sum << 8 | usize::from(digit));
        rest = after;
    }
    (length <= rest.len()).then(|| (tag, &rest[..length], &rest[length..]))
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
fn seconds(tag: u8, text: &[u8]) -> Option<i64> {
    let digits = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let year_digits = match tag {
        UTC_TIME => 2,
        GENERALIZED_TIME => 4,
        _ => return None,
    };
    (digits.len() == year_digits + 10 && digits.bytes().all(|digit| digit.is_ascii_digit())).then_some(())?;
    let number = |from: usize, to: usize| digits[from..to].parse::<i64>().ok();
    let at = year_digits;
    let year = match (tag, number(0, at)?) {
        (UTC_TIME, year) if year < 50 => 2000 + year,
        (UTC_TIME, year) => 1900 + year,
        (_, year) => year,
    };
    let (month, day) = (number(at, at + 2)?, number(at + 2, at + 4)?);
    let (hour, minute, second) = (number(at + 4, at + 6)?, number(at + 6, at + 8)?, number(at + 8, at + 10)?);
    Some(days_since_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// For the Gregorian calendar; years begin in March, so that a leap day is the last day of its year.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * shifted + shifted.div_euclid(4) - shifted.div_euclid(100) + shifted.div_euclid(400) + day_of_year - 719_468
}

/// Uses the codes that Node.js (OpenSSL) has for the same errors.
pub fn tls_error(error: &Error) -> SystemError {
    let code = match error {
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => "CERT_HAS_EXPIRED",
        Error::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => "CERT_NOT_YET_VALID",
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => "ERR_TLS_CERT_ALTNAME_INVALID",
        Error::InvalidCertificate(_) => "CERT_UNTRUSTED",
        Error::AlertReceived(AlertDescription::CertificateRequired) => "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
        Error::AlertReceived(AlertDescription::UnknownCA) => "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
        Error::AlertReceived(AlertDescription::BadCertificate) => "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE",
        Error::AlertReceived(AlertDescription::CertificateUnknown) => "ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        Error::AlertReceived(AlertDescription::CertificateExpired) => "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED",
        _ => "EPROTO",
    };
    SystemError { code: code.into(), syscall: "connect", subject: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_both_forms() {
        assert_eq!(seconds(UTC_TIME, b"700101000000Z"), Some(0));
        assert_eq!(seconds(UTC_TIME, b"491231235959Z"), Some(2_524_607_999));
        assert_eq!(seconds(GENERALIZED_TIME, b"20000229120000Z"), Some(951_825_600));
        assert_eq!(seconds(GENERALIZED_TIME, b"2000022912000Z"), None);
        assert_eq!(seconds(SEQUENCE, b"700101000000Z"), None);
    }

    #[test]
    fn elements_that_claim_more_than_there_is_are_refused() {
        assert_eq!(element(&[0x30, 0x02, 1]), None);
        assert_eq!(element(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 1]), None);
        assert_eq!(element(&[0x30]), None);
        assert_eq!(element(&[0x30, 0x01, 7, 9]), Some((0x30, &[7][..], &[9][..])));
    }
}
