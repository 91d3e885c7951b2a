//! Which image stands for a reference: the official one, or a stand-in that was built here because no registry answers.

use super::error::EnvError;
use crate::provenance::Origin;
use futures_util::StreamExt;
use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error as BollardError;
use testcontainers::bollard::query_parameters::CreateImageOptionsBuilder;

/// `--images`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ImageMode {
    /// Official where present or a registry answers, else stand-ins.
    #[default]
    Auto,
    /// Official only.
    Official,
    /// Stand-ins only.
    Local,
}

/// What will be started for a reference.
#[derive(Debug, Clone)]
pub struct ImageChoice {
    /// The drill's reference.
    pub reference: String,
    /// What is started.
    pub run: String,
    /// Content id.
    pub id: String,
    /// Where it came from.
    pub origin: Origin,
}

/// The stand-in's name for a reference: `quay.io/openbao/openbao:2.7.2` → `drill-stand-in/openbao:2.7.2`.
pub fn stand_in(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or(reference);
    let last = last.split('@').next().unwrap_or(last);
    if last.contains(':') { format!("drill-stand-in/{last}") } else { format!("drill-stand-in/{last}:latest") }
}

/// Finds the image for a reference.
///
/// # Errors
/// A registry answers and refuses; or nothing is there and no registry answers.
pub async fn resolve(docker: &Docker, reference: &str, mode: ImageMode) -> Result<ImageChoice, EnvError> {
    let official = || async { present(docker, reference, reference, Origin::Official).await };
    let local = || async { present(docker, reference, &stand_in(reference), Origin::StandIn).await };
    if mode != ImageMode::Local
        && let Some(choice) = official().await?
    {
        return Ok(choice);
    }
    if mode != ImageMode::Official
        && let Some(choice) = local().await?
    {
        return Ok(choice);
    }
    let help = format!("ci/images prepares it: ci/drill run …, or docker pull {reference}");
    if mode == ImageMode::Local {
        return Err(EnvError::new(format!("no stand-in image {} for {reference}", stand_in(reference)))
            .help("ci/images builds it"));
    }
    match pull(docker, reference).await {
        Ok(()) => official()
            .await?
            .ok_or_else(|| EnvError::new(format!("{reference} was pulled and is not there")).help(help)),
        Err(why) => Err(EnvError::new(format!("no image for {reference}: {why}")).help(help)),
    }
}

async fn present(docker: &Docker, reference: &str, run: &str, origin: Origin) -> Result<Option<ImageChoice>, EnvError> {
    match docker.inspect_image(run).await {
        Ok(image) => Ok(Some(ImageChoice {
            reference: reference.into(),
            run: run.into(),
            id: image.id.unwrap_or_default(),
            origin,
        })),
        Err(BollardError::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

async fn pull(docker: &Docker, reference: &str) -> Result<(), String> {
    let options = CreateImageOptionsBuilder::new().from_image(reference).build();
    let mut stream = docker.create_image(Some(options), None, None);
    while let Some(step) = stream.next().await {
        step.map_err(|e| e.to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::stand_in;

    #[test]
    fn a_stand_in_keeps_name_and_tag() {
        assert_eq!(stand_in("postgres:17"), "drill-stand-in/postgres:17");
        assert_eq!(stand_in("quay.io/openbao/openbao:2.7.2"), "drill-stand-in/openbao:2.7.2");
        assert_eq!(stand_in("127.0.0.1:5000/postgres"), "drill-stand-in/postgres:latest");
    }
}
