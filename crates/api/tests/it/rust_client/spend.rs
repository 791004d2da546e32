//! Spend limits and spend alerts, of the organization and of a project.

use async_openai::types::admin::organization_spend_alerts::{
    CreateSpendAlertBody, CreateSpendAlertBodyCurrency, CreateSpendAlertBodyInterval, SpendAlertNotificationChannel,
    SpendAlertNotificationChannelType,
};
use async_openai::types::admin::organization_spend_limit::{
    SpendLimitCurrency, SpendLimitEnforcementStatus, SpendLimitInterval, UpdateOrganizationSpendLimitBody,
};
use async_openai::types::admin::projects::{
    UpdateProjectSpendLimitBody, UpdateProjectSpendLimitBodyCurrency, UpdateProjectSpendLimitBodyInterval,
};

use super::start;

#[tokio::test]
async fn spend_limits_are_read() {
    let (_world, owner, mut to) = start().await;
    let client = to.client.clone();
    let admin = client.admin();
    let limit = admin.spend_limit();
    let wanted = UpdateOrganizationSpendLimitBody {
        threshold_amount: 50_000,
        currency: SpendLimitCurrency::USD,
        interval: SpendLimitInterval::Month,
    };
    let made = to.read("spend_limit.update", limit.update(wanted).await);
    assert_eq!((made.threshold_amount, made.enforcement.status), (50_000, SpendLimitEnforcementStatus::Inactive));
    to.read("spend_limit.retrieve", limit.retrieve().await);
    assert!(to.read("spend_limit.delete", limit.delete().await).deleted);

    let projects = admin.projects();
    let limit = projects.spend_limit(owner.project_id.as_str());
    let wanted = UpdateProjectSpendLimitBody {
        threshold_amount: 1,
        currency: UpdateProjectSpendLimitBodyCurrency::USD,
        interval: UpdateProjectSpendLimitBodyInterval::Month,
    };
    to.read("projects.spend_limit.update", limit.update(wanted).await);
    to.read("projects.spend_limit.retrieve", limit.retrieve().await);
    assert!(to.read("projects.spend_limit.delete", limit.delete().await).deleted);
    to.lost_only(&[]);
}

fn alert(cents: i64, subject_prefix: Option<&str>) -> CreateSpendAlertBody {
    CreateSpendAlertBody {
        threshold_amount: cents,
        currency: CreateSpendAlertBodyCurrency::USD,
        interval: CreateSpendAlertBodyInterval::Month,
        notification_channel: SpendAlertNotificationChannel {
            r#type: SpendAlertNotificationChannelType::Email,
            recipients: vec!["ann@example.com".to_owned()],
            subject_prefix: subject_prefix.map(str::to_owned),
        },
    }
}

#[tokio::test]
async fn spend_alerts_are_read() {
    let (_world, owner, mut to) = start().await;
    let client = to.client.clone();
    let admin = client.admin();
    let alerts = admin.spend_alerts();
    let id = to.read("spend_alerts.create", alerts.create(alert(100, None)).await).id;
    to.read("spend_alerts.list", alerts.list().await);
    to.read("spend_alerts.retrieve", alerts.retrieve(&id).await);
    let changed = to.read("spend_alerts.update", alerts.update(&id, alert(200, Some("[costs]"))).await);
    assert_eq!(changed.threshold_amount, 200);
    assert_eq!(changed.notification_channel.subject_prefix.as_deref(), Some("[costs]"));
    assert!(to.read("spend_alerts.delete", alerts.delete(&id).await).deleted);

    let projects = admin.projects();
    let alerts = projects.spend_alerts(owner.project_id.as_str());
    let id = to.read("projects.spend_alerts.create", alerts.create(alert(0, Some("[lab]"))).await).id;
    to.read("projects.spend_alerts.list", alerts.list().await);
    to.read("projects.spend_alerts.retrieve", alerts.retrieve(&id).await);
    to.read("projects.spend_alerts.update", alerts.update(&id, alert(300, None)).await);
    assert!(to.read("projects.spend_alerts.delete", alerts.delete(&id).await).deleted);
    to.lost_only(&[]);
}
