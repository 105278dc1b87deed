//! Certificates made when they are needed, for one test.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use tempfile::TempDir;

/// What a TLS server and its clients need: an authority, what it signed for the server and for a client, and another
/// authority that signed nothing.
#[derive(Debug)]
pub struct Certificates {
    ca: Pem,
    server: Pem,
    client: Pem,
    other_ca: Pem,
    /// Where their files are, if that is to go with them.
    _folder: Option<TempDir>,
}

/// A certificate and its key, as text and as files.
#[derive(Debug, Clone)]
pub struct Pem {
    /// The certificate in PEM.
    pub certificate: String,
    /// Its private key in PEM (PKCS #8, P-256).
    pub key: String,
    /// The file that holds the certificate.
    pub certificate_file: PathBuf,
    /// The file that holds the private key.
    pub key_file: PathBuf,
}

impl Certificates {
    /// Makes them, with their files in `folder`, which outlives them.
    ///
    /// # Panics
    ///
    /// If the files cannot be written.
    #[must_use]
    pub fn make(folder: &Path) -> Self {
        let (issuer, ca) = authority(folder, "ca");
        let (_, other_ca) = authority(folder, "other-ca");
        let server = signed(folder, "server", ExtendedKeyUsagePurpose::ServerAuth, &issuer);
        let client = signed(folder, "client", ExtendedKeyUsagePurpose::ClientAuth, &issuer);
        Self { ca, server, client, other_ca, _folder: None }
    }

    /// Makes them, with their files in a folder of their own, for servers that have to trust each other.
    pub(crate) fn for_many() -> Self {
        let folder = crate::server::folder();
        let made = Self::make(folder.path());
        Self { _folder: Some(folder), ..made }
    }

    /// The authority that signed the server's and the client's certificate.
    #[must_use]
    pub fn ca(&self) -> &Pem {
        &self.ca
    }

    /// The server's certificate, for 127.0.0.1, ::1 and localhost.
    #[must_use]
    pub fn server(&self) -> &Pem {
        &self.server
    }

    /// A client's certificate.
    #[must_use]
    pub fn client(&self) -> &Pem {
        &self.client
    }

    /// An authority that signed nothing: who trusts it alone trusts none of the others.
    #[must_use]
    pub fn other_ca(&self) -> &Pem {
        &self.other_ca
    }
}

fn authority(folder: &Path, name: &str) -> (Issuer<'static, KeyPair>, Pem) {
    let mut params = params(name, &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = key();
    let certificate = params.self_signed(&key).expect("the parameters are sound").pem();
    let pem = Pem::write(folder, name, certificate, &key);
    (Issuer::new(params, key), pem)
}

fn signed(folder: &Path, name: &str, purpose: ExtendedKeyUsagePurpose, by: &Issuer<'_, KeyPair>) -> Pem {
    let mut params = params(name, &["localhost", "127.0.0.1", "::1"]);
    params.extended_key_usages = vec![purpose];
    let key = key();
    let certificate = params.signed_by(&key, by).expect("the parameters are sound").pem();
    Pem::write(folder, name, certificate, &key)
}

fn params(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut params = CertificateParams::new(hosts).expect("the names are ASCII");
    params.distinguished_name.push(DnType::CommonName, format!("cache-harness {name}"));
    params
}

fn key() -> KeyPair {
    KeyPair::generate().expect("the system has randomness")
}

impl Pem {
    fn write(folder: &Path, name: &str, certificate: String, key: &KeyPair) -> Self {
        let file = |kind: &str, text: &str| {
            let file = folder.join(format!("{name}.{kind}"));
            fs::write(&file, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", file.display()));
            file
        };
        let key = key.serialize_pem();
        Self { certificate_file: file("crt", &certificate), key_file: file("key", &key), certificate, key }
    }
}
