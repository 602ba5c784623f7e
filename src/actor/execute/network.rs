//! Interfaces, routes and traffic.

use super::{Execute, Failure, Stage};
use crate::kernel::{link, ping, socket};
use crate::vocabulary::value::Destination;
use crate::vocabulary::verb::{Address, Connect, LinkDown, LinkUp, Listen, Ping, Route, Send, Veth};
use crate::vocabulary::{Ns, One, Val};
use std::os::fd::AsFd;
use std::time::Duration;

/// The longest time that a connection may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
/// The time that answers to a ping may take if the lesson gives none.
const PING_WAIT: Duration = Duration::from_secs(1);

impl Execute for LinkUp {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(link::set_up(&self.0)?)
    }
}

impl Execute for LinkDown {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(link::set_down(&self.0)?)
    }
}

impl Execute for Veth {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let One(of, peer) = &self.peer;
        let netns = stage.open_namespace(Ns::Net, of)?;
        Ok(link::veth(&self.name, peer, netns.as_fd())?)
    }
}

impl Execute for Address {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        let One(name, address) = &self.0;
        Ok(link::add_address(name, address.address, address.prefix)?)
    }
}

impl Execute for Route {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        let One(to, gateway) = &self.0;
        let to = match to {
            Destination::Default => None,
            Destination::Network(network) => Some((network.address, network.prefix)),
        };
        Ok(link::add_route(to, gateway.0)?)
    }
}

impl Execute for Ping {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let wait = self.wait.as_ref().and_then(Val::duration).unwrap_or(PING_WAIT);
        let report = ping::ping(self.to.0, self.count.unwrap_or(1), wait)?;
        stage.output = Some(report.to_string());
        Ok(())
    }
}

impl Execute for Listen {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        stage.box_state.sockets.push(socket::listen(self.0.into())?);
        Ok(())
    }
}

impl Execute for Connect {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(socket::connect(self.0.0, CONNECT_PATIENCE)?)
    }
}

impl Execute for Send {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(socket::send_datagram(self.to.0, &self.text)?)
    }
}
