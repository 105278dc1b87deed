//! TLS, by rustls on ring. Nothing is installed for the process: the program's own provider stays its own.

#[cfg(feature = "redis-tls")]
pub(super) use encrypted::Encryption;
#[cfg(not(feature = "redis-tls"))]
pub(super) use plain::Encryption;

#[cfg(feature = "redis-tls")]
mod encrypted {
    use std::io::{self, IoSlice};
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll};

    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
    use rustls::{ClientConfig, RootCertStore};
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
    use tokio::net::TcpStream;
    use tokio_rustls::TlsConnector;
    use tokio_rustls::client::TlsStream;

    use super::super::failure::{of_io, root, unsuitable};
    use super::super::settings::{Address, Tls};
    use super::super::stream::{Duplex, Ended};
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
            ended: Ended,
        ) -> Result<Box<dyn Duplex>, BackendError> {
            let Some(connector) = &self.0 else { return Ok(Box::new(stream)) };
            let name = ServerName::try_from(host.to_owned())
                .map_err(|_| unsuitable("the host of the address is not a name that a certificate can be for"))?;
            match connector.connect(name, stream).await {
                Ok(stream) => Ok(Box::new(Noted { stream, ended })),
                Err(error) => Err(of_io(&root(&error), address, true)),
            }
        }
    }

    /// A stream that keeps what TLS ended with. A server judges our certificate after our handshake is over (TLS 1.3), so
    /// that its alert meets whoever reads or writes next, and that may be nobody who can tell.
    struct Noted {
        stream: TlsStream<TcpStream>,
        ended: Ended,
    }

    impl Noted {
        fn note(&self, error: &io::Error) {
            if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
                self.ended.note(root(error));
            }
        }

        /// A server that has closed makes writes fail; why it did is still to be read.
        fn written<T>(&mut self, context: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
            if let Poll::Ready(Err(error)) = &outcome {
                self.note(error);
                let mut unread = [0; 1024];
                _ = Pin::new(self).poll_read(context, &mut ReadBuf::new(&mut unread));
            }
            outcome
        }
    }

    impl AsyncRead for Noted {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
            if let Poll::Ready(Err(error)) = &outcome {
                self.note(error);
            }
            outcome
        }
    }

    impl AsyncWrite for Noted {
        fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
            self.written(context, outcome)
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
            self.written(context, outcome)
        }

        fn is_write_vectored(&self) -> bool {
            self.stream.is_write_vectored()
        }

        fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            let outcome = Pin::new(&mut self.stream).poll_flush(context);
            self.written(context, outcome)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_shutdown(context)
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
    use super::super::stream::{Duplex, Ended};
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
            _ended: Ended,
        ) -> Result<Box<dyn Duplex>, BackendError> {
            Ok(Box::new(stream))
        }
    }
}
