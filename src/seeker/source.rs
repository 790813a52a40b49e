//! 报名来源: what led somebody here, so that the office learns which poster works.
use super::store;
use crate::{
    domain::{
        id::{FairId, ParticipationId, PosterId, StreamId},
        ticket::Code,
    },
    error::AppResult,
};
use sea_orm::ConnectionTrait;

/// 报名渠道
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// 海报
    Poster,
    /// 摊位二维码
    Booth,
    /// 直播间
    Stream,
    /// 服务台代办
    Desk,
    /// 入口现场登记
    Gate,
    /// 接口
    Api,
    /// 直接打开网页
    Direct,
}

impl Channel {
    pub const ALL: [Self; 7] = [
        Self::Poster,
        Self::Booth,
        Self::Stream,
        Self::Desk,
        Self::Gate,
        Self::Api,
        Self::Direct,
    ];

    /// The stored name; `seeker.channel.<code>` is its text key.
    pub fn code(self) -> &'static str {
        match self {
            Self::Poster => "poster",
            Self::Booth => "booth",
            Self::Stream => "stream",
            Self::Desk => "desk",
            Self::Gate => "gate",
            Self::Api => "api",
            Self::Direct => "direct",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.code() == code)
    }
}

/// A channel with the very poster, booth or broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    pub channel: Channel,
    pub poster: Option<PosterId>,
    pub participation: Option<ParticipationId>,
    pub stream: Option<StreamId>,
}

impl From<Channel> for Source {
    fn from(channel: Channel) -> Self {
        Self {
            channel,
            poster: None,
            participation: None,
            stream: None,
        }
    }
}

/// The codes that an address carried: `?p=` poster, `?b=` booth, `?s=` broadcast.
#[derive(Clone, Debug, Default, serde::Deserialize, serde::Serialize)]
pub struct Codes {
    #[serde(default)]
    pub p: String,
    #[serde(default)]
    pub b: String,
    #[serde(default)]
    pub s: String,
}

impl Codes {
    /// What the codes name in this fair. A poster that was taken down or a code of another evening
    /// stops nobody from registering: such a visit counts as direct.
    pub async fn source(&self, db: &impl ConnectionTrait, fair: FairId) -> AppResult<Source> {
        if let Some(poster) = store::poster_of(db, fair, &tidy(&self.p)).await? {
            return Ok(Source {
                poster: Some(poster),
                ..Channel::Poster.into()
            });
        }
        if let Some(participation) = store::participation_of(db, fair, &tidy(&self.b)).await? {
            return Ok(Source {
                participation: Some(participation),
                ..Channel::Booth.into()
            });
        }
        if let Some(stream) = store::stream_of(db, fair, &tidy(&self.s)).await? {
            return Ok(Source {
                stream: Some(stream),
                ..Channel::Stream.into()
            });
        }
        Ok(Channel::Direct.into())
    }

    /// Any one code, whichever kind it is: what the API takes as `source`.
    pub fn any(code: &str) -> Self {
        Self {
            p: code.to_owned(),
            b: code.to_owned(),
            s: code.to_owned(),
        }
    }
}

/// A code as it is stored, when it was typed or copied by hand.
fn tidy(raw: &str) -> String {
    match Code::parse(raw) {
        Ok(code) => code.into_string(),
        Err(_) => raw
            .trim()
            .chars()
            .take(32)
            .collect::<String>()
            .to_uppercase(),
    }
}
