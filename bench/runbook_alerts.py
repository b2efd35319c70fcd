"""Which alert is each runbook for? One line each, as the alert's own rule describes it.

The words are those of the rules' annotations as their publishers write them, not the runbooks'.
"""

from __future__ import annotations

_LINES = """
AlertmanagerClusterCrashlooping: Half or more of the Alertmanager instances within the same cluster are crashlooping.
AlertmanagerClusterDown: Half or more of the Alertmanager instances within the same cluster are down.
AlertmanagerClusterFailedToSendAlerts: All Alertmanager instances in a cluster failed to send notifications to a critical integration.
AlertmanagerConfigInconsistent: Alertmanager instances within the same cluster have different configurations.
AlertmanagerFailedReload: Reloading an Alertmanager configuration has failed.
AlertmanagerFailedToSendAlerts: An Alertmanager instance failed to send notifications.
AlertmanagerMembersInconsistent: A member of an Alertmanager cluster has not found all other cluster members.
etcdBackendQuotaLowSpace: etcd cluster database is running full, its size exceeds the defined quota on the instance.
etcdGRPCRequestsSlow: etcd grpc requests are slow, the 99th percentile of gRPC requests is above 0.15 s.
etcdHighFsyncDurations: etcd cluster 99th percentile fsync durations are too high.
etcdHighNumberOfFailedGRPCRequests: etcd cluster has a high number of failed grpc requests.
etcdInsufficientMembers: etcd cluster has an insufficient number of members.
etcdMembersDown: etcd cluster members are down.
etcdNoLeader: etcd cluster has no leader.
InfoInhibitor: Info-level alert inhibition.
NodeNetworkInterfaceFlapping: Network interface is often changing its status.
TargetDown: One or more targets are unreachable.
Watchdog: An alert that should always be firing to certify that Alertmanager is working properly.
KubeStateMetricsListErrors: kube-state-metrics is experiencing errors in list operations.
KubeStateMetricsShardingMismatch: kube-state-metrics sharding is misconfigured.
KubeStateMetricsShardsMissing: kube-state-metrics shards are missing.
KubeStateMetricsWatchErrors: kube-state-metrics is experiencing errors in watch operations.
CPUThrottlingHigh: Processes experience elevated CPU throttling.
KubeAPIDown: Target disappeared from Prometheus target discovery, the API server has disappeared.
KubeAPIErrorBudgetBurn: The API server is burning too much error budget.
KubeAPITerminatedRequests: The kubernetes apiserver has terminated a share of its incoming requests.
KubeAggregatedAPIDown: Kubernetes aggregated API is down.
KubeAggregatedAPIErrors: Kubernetes aggregated API has reported errors.
KubeCPUOvercommit: Cluster has overcommitted CPU resource requests for pods and cannot tolerate node failure.
KubeCPUQuotaOvercommit: Cluster has overcommitted CPU resource requests for namespaces.
KubeClientCertificateExpiration: Client certificate used to authenticate to the kubernetes apiserver is about to expire.
KubeClientErrors: Kubernetes API server client is experiencing errors.
KubeContainerWaiting: Pod container waiting longer than 1 hour.
KubeControllerManagerDown: KubeControllerManager has disappeared from Prometheus target discovery.
KubeDaemonSetMisScheduled: DaemonSet pods are misscheduled, running where they are not supposed to run.
KubeDaemonSetNotScheduled: DaemonSet pods are not scheduled.
KubeDaemonSetRolloutStuck: DaemonSet rollout is stuck, it has not finished or progressed for at least 15 minutes.
KubeDeploymentGenerationMismatch: Deployment generation mismatch due to possible roll-back.
KubeDeploymentReplicasMismatch: Deployment has not matched the expected number of replicas.
KubeHpaMaxedOut: HPA is running at max replicas.
KubeHpaReplicasMismatch: HPA has not matched the desired number of replicas.
KubeJobCompletion: Job did not complete in time.
KubeJobFailed: Job failed to complete.
KubeMemoryOvercommit: Cluster has overcommitted memory resource requests for pods and cannot tolerate node failure.
KubeMemoryQuotaOvercommit: Cluster has overcommitted memory resource requests for namespaces.
KubeNodeNotReady: Node is not ready, it has been unready for more than 15 minutes.
KubeNodeReadinessFlapping: Node readiness status is flapping.
KubeNodeUnreachable: Node is unreachable and some workloads may be rescheduled.
KubePersistentVolumeErrors: PersistentVolume is having issues with provisioning, it is in phase failed or pending.
KubePersistentVolumeFillingUp: PersistentVolume is filling up and is expected to be full within four days.
KubePodCrashLooping: Pod is crash looping.
KubePodNotReady: Pod has been in a non-ready state for more than 15 minutes.
KubeProxyDown: KubeProxy has disappeared from Prometheus target discovery.
KubeQuotaAlmostFull: Namespace quota is going to be full.
KubeQuotaExceeded: Namespace quota has exceeded the limits.
KubeQuotaFullyUsed: Namespace quota is fully used.
KubeSchedulerDown: KubeScheduler has disappeared from Prometheus target discovery.
KubeStatefulSetGenerationMismatch: StatefulSet generation mismatch due to possible roll-back.
KubeStatefulSetReplicasMismatch: StatefulSet has not matched the expected number of replicas.
KubeStatefulSetUpdateNotRolledOut: StatefulSet update has not been rolled out.
KubeVersionMismatch: Different semantic versions of Kubernetes components running.
KubeletClientCertificateExpiration: Kubelet client certificate is about to expire.
KubeletClientCertificateRenewalErrors: Kubelet has failed to renew its client certificate.
KubeletDown: Kubelet has disappeared from Prometheus target discovery.
KubeletPlegDurationHigh: Kubelet Pod Lifecycle Event Generator is taking too long to relist.
KubeletPodStartUpLatencyHigh: Kubelet Pod startup latency is too high.
KubeletServerCertificateExpiration: Kubelet server certificate is about to expire.
KubeletServerCertificateRenewalErrors: Kubelet has failed to renew its server certificate.
KubeletTooManyPods: Kubelet is running at capacity, at 95% of its pod limit.
NodeClockNotSynchronising: Clock not synchronising, ensure NTP is configured on this host.
NodeClockSkewDetected: Clock skew detected, the clock is out of sync by more than 0.05 s.
NodeFileDescriptorLimit: Kernel is predicted to exhaust file descriptors limit soon.
NodeFilesystemAlmostOutOfFiles: Filesystem has less than 3% inodes left.
NodeFilesystemAlmostOutOfSpace: Filesystem has less than 3% space left.
NodeFilesystemFilesFillingUp: Filesystem is predicted to run out of inodes within the next 24 hours.
NodeFilesystemSpaceFillingUp: Filesystem is predicted to run out of space within the next 24 hours.
NodeHighNumberConntrackEntriesUsed: Number of conntrack entries is getting close to the limit.
NodeNetworkReceiveErrs: Network interface is reporting many receive errors.
NodeNetworkTransmitErrs: Network interface is reporting many transmit errors.
NodeRAIDDegraded: RAID array is degraded because of one or more disk failures and too few spare drives.
NodeRAIDDiskFailure: At least one device in the RAID array has failed and needs attention.
NodeTextFileCollectorScrapeError: Node Exporter text file collector failed to scrape.
ConfigReloaderSidecarErrors: Config reloader sidecar has not had a successful reload for 10 minutes.
PrometheusOperatorListErrors: Errors while performing list operations in the prometheus operator controller.
PrometheusOperatorNodeLookupErrors: Errors while reconciling Prometheus nodes.
PrometheusOperatorNotReady: Prometheus operator is not ready to reconcile resources.
PrometheusOperatorReconcileErrors: Errors while reconciling objects by the prometheus operator controller.
PrometheusOperatorRejectedResources: Resources rejected by the Prometheus operator as invalid.
PrometheusOperatorSyncFailed: Last controller reconciliation of the prometheus operator failed.
PrometheusOperatorWatchErrors: Errors while performing watch operations in the prometheus operator controller.
PrometheusBadConfig: Failed Prometheus configuration reload.
PrometheusDuplicateTimestamps: Prometheus is dropping samples with duplicate timestamps.
PrometheusErrorSendingAlertsToAnyAlertmanager: Prometheus encounters more than 3% errors sending alerts to any Alertmanager.
PrometheusErrorSendingAlertsToSomeAlertmanagers: Prometheus has encountered more than 1% errors sending alerts to a specific Alertmanager.
PrometheusLabelLimitHit: Prometheus has dropped targets because some scrape configs have exceeded the labels limit.
PrometheusMissingRuleEvaluations: Prometheus is missing rule evaluations due to slow rule group evaluation.
PrometheusNotConnectedToAlertmanagers: Prometheus is not connected to any Alertmanagers.
PrometheusNotIngestingSamples: Prometheus is not ingesting samples.
PrometheusNotificationQueueRunningFull: Prometheus alert notification queue predicted to run full in less than 30 minutes.
PrometheusOutOfOrderTimestamps: Prometheus drops samples with out-of-order timestamps.
PrometheusRemoteStorageFailures: Prometheus fails to send samples to remote storage.
PrometheusRemoteWriteBehind: Prometheus remote write is behind.
PrometheusRemoteWriteDesiredShards: Prometheus remote write desired shards calculation wants to run more than configured max shards.
PrometheusRuleFailures: Prometheus is failing rule evaluations.
PrometheusTSDBCompactionsFailing: Prometheus has issues compacting blocks.
PrometheusTSDBReloadsFailing: Prometheus has issues reloading blocks from disk.
PrometheusTargetLimitHit: Prometheus has dropped targets because some scrape configs have exceeded the targets limit.
PrometheusTargetSyncFailure: Prometheus has failed to sync targets.
"""  # noqa: E501 -- an alert a line

ALERTS: tuple[tuple[str, str], ...] = tuple(
    (name, words)
    for name, _, words in (line.partition(": ") for line in _LINES.strip().splitlines())
)
"""Each alert's name, which is its runbook's, and its one-line description."""
