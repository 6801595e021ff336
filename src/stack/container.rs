//! `docker:<distro>`: its place. Containers come with a later version.

use super::running::Started;
use super::{Error, StackRequest};
use crate::stack_config::Image;

pub(super) fn start(_request: &StackRequest, image: &Image, _port: u16) -> Result<Started, Error> {
    Err(Error::NoContainers { image: image.to_string() })
}
