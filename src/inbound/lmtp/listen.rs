//! The door for mails by LMTP: an address and a port, or a socket in the
//! file system that belongs to its group too.

use std::io;
use std::net::IpAddr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};

use super::LmtpListen;

/// Who may write to the socket: its owner and its group.
const MODE: u32 = 0o660;

/// One who came in.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The open door.
pub enum Door {
    /// At an address.
    Tcp(TcpListener),
    /// In the file system; gone with this.
    Unix(UnixListener, SocketFile),
}

/// The file of a socket, removed with this.
pub struct SocketFile(PathBuf);

impl Door {
    /// Opens it. A socket that nobody listens at any more makes place.
    ///
    /// # Errors
    /// When the address or the file is taken, or the folder is not there.
    pub async fn open(listen: &LmtpListen) -> io::Result<Self> {
        match listen {
            LmtpListen::Tcp(address) => Ok(Self::Tcp(TcpListener::bind(address).await?)),
            LmtpListen::Unix(path) => {
                clear(path)?;
                let listener = UnixListener::bind(path)?;
                let file = SocketFile(path.clone());
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(MODE))?;
                Ok(Self::Unix(listener, file))
            }
        }
    }

    /// The next who comes in, and from where, if not from this machine's files.
    ///
    /// # Errors
    /// The system's; another may come all the same.
    pub async fn accept(&self) -> io::Result<(Box<dyn Stream>, Option<IpAddr>)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Else an answer waits for an acknowledgement that is being saved up.
                stream.set_nodelay(true)?;
                Ok((Box::new(stream), Some(peer.ip())))
            }
            Self::Unix(listener, _) => Ok((Box::new(listener.accept().await?.0), None)),
        }
    }

    /// Where it is, as the log names it.
    pub fn name(&self) -> String {
        match self {
            Self::Tcp(listener) => {
                listener.local_addr().map_or_else(|_| "tcp".to_owned(), |address| address.to_string())
            }
            Self::Unix(_, file) => format!("unix:{}", file.0.display()),
        }
    }
}

/// Takes a left-over socket away, and nothing else.
fn clear(path: &Path) -> io::Result<()> {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if is_socket {
        match std::os::unix::net::UnixStream::connect(path) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path)?,
            _ => return Err(io::ErrorKind::AddrInUse.into()),
        }
    }
    Ok(())
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = std::fs::remove_file(&self.0);
    }
}
