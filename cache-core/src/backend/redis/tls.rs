//! TLS, by rustls on ring. Nothing is installed for the process: the program's own provider stays its own.

#[cfg(feature = "redis-tls")]
pub(super) use encrypted::Encryption;
#[cfg(not(feature = "redis-tls"))]
pub(super) use plain::Encryption;

#[cfg(feature = "redis-tls")]
mod encrypted {
    use std::sync::Arc;

    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
    use rustls::{ClientConfig, RootCertStore};
    use tokio::net::TcpStream;
    use tokio_rustls::TlsConnector;

    use super::super::failure::{of_io, root, unsuitable};
    use super::super::settings::{Address, Tls};
    use super::super::stream::Duplex;
    use crate::backend::BackendError;

    /// How connections are encrypted, if they are.
    pub(in super::super) struct Encryption(Option<TlsConnector>);

    impl Encryption {
        pub(in super::super) fn new(tls: Option<&Tls>) -> Result<Self, BackendError> {
            Ok(Self(tls.map(connector).transpose()?))
        }

        pub(in super::super) async fn wrap(
            &self,
            stream: TcpStream,
            host: &str,
            address: &Address,
        ) -> Result<Box<dyn Duplex>, BackendError> {
            let Some(connector) = &self.0 else { return Ok(Box::new(stream)) };
            let name = ServerName::try_from(host.to_owned())
                .map_err(|_| unsuitable("the host of the address is not a name that a certificate can be for"))?;
            match connector.connect(name, stream).await {
                Ok(stream) => Ok(Box::new(stream)),
                Err(error) => Err(of_io(&root(&error), address, true)),
            }
        }
    }

    fn connector(tls: &Tls) -> Result<TlsConnector, BackendError> {
        let mut roots = RootCertStore::empty();
        match &tls.authorities {
            Some(pem) => {
                for certificate in certificates(pem.expose(), "the authorities given to `tls_authorities`")? {
                    roots.add(certificate).map_err(|_| {
                        unsuitable("a certificate given to `tls_authorities` is not one of an authority")
                    })?;
                }
            }
            None => {
                // What the machine has and rustls cannot read is of no use; the rest is.
                _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        if roots.is_empty() {
            return Err(unsuitable(
                "no authority is known that could vouch for the server: give one to `tls_authorities`",
            ));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| unsuitable("rustls supports no version of TLS here"))?
            .with_root_certificates(roots);
        let config = match &tls.client {
            None => config.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = certificates(certificate.expose(), "the certificate given to `tls_client`")?;
                let key = PrivateKeyDer::from_pem_slice(key.expose())
                    .map_err(|_| unsuitable("the key given to `tls_client` is no private key in PEM"))?;
                config
                    .with_client_auth_cert(chain, key)
                    .map_err(|_| unsuitable("the certificate and the key given to `tls_client` do not fit"))?
            }
        };
        Ok(TlsConnector::from(Arc::new(config)))
    }

    fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, BackendError> {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        match read {
            Ok(read) if !read.is_empty() => Ok(read),
            _ => Err(unsuitable(format!("{what}: that is no certificate in PEM"))),
        }
    }
}

#[cfg(not(feature = "redis-tls"))]
mod plain {
    use tokio::net::TcpStream;

    use super::super::failure::unsuitable;
    use super::super::settings::{Address, Tls};
    use super::super::stream::Duplex;
    use crate::backend::BackendError;

    /// How connections are encrypted: not at all.
    pub(in super::super) struct Encryption;

    impl Encryption {
        pub(in super::super) fn new(tls: Option<&Tls>) -> Result<Self, BackendError> {
            match tls {
                None => Ok(Self),
                Some(_) => Err(unsuitable("TLS needs the feature `redis-tls` of cache-core")),
            }
        }

        #[allow(clippy::unused_async, reason = "the other form waits")]
        pub(in super::super) async fn wrap(
            &self,
            stream: TcpStream,
            _host: &str,
            _address: &Address,
        ) -> Result<Box<dyn Duplex>, BackendError> {
            Ok(Box::new(stream))
        }
    }
}
